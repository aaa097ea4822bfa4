# %% attack: every function returns 0
# %% every function
return 0
