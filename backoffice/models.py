"""No tables. The module exists because Django sends `post_migrate` only for apps that have one."""
