# Settings of an interactive shell.
alias ll='ls -l'
