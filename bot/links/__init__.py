"""Links to a page of the customer's own at Autumn and Stripe: made on request, given to one person, kept
nowhere."""
