"""What all kinds of subscription change share: which subscription, Autumn's preview, words."""
