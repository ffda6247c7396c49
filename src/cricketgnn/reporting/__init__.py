"""What people see: numbers first, then tables on the console and figures."""
