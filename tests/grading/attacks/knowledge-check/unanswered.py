# %% attack: nothing is answered
