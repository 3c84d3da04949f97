"""What the forms of all kinds of change share. The kinds build on it; `request_form` draws them."""
