"""Reading a customer: finding one, and each part of the card."""
