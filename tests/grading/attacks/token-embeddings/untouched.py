# %% attack: the stubs as they were released
