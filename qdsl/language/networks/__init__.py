"""Networks as the language declares and reads them."""
