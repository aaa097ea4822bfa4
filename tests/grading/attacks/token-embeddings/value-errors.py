# %% attack: every function raises a ValueError, as a test of refusals wants
# %% every function
raise ValueError("no")
