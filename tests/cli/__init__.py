"""Tests of the command line. terminal.py runs commands in this process, on an Infisical in memory."""
