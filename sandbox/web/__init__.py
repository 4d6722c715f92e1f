"""What people see of the sandbox: the payment window, its SDK and the console."""
