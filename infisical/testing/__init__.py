"""What tests are made of, for users of the library and writers of executors. Its modules are imported by name.

Nothing here is needed at work. The package itself imports nothing, and pytest is imported by the modules that say so.
"""
