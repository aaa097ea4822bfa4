# %% attack: a function in C keeps the interpreter, and takes no interrupt | state: timed-out
# %% every function
return sum(range(10**14))
