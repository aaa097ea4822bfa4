"""An invented class, which goes through a term for whoever wants to see one."""
