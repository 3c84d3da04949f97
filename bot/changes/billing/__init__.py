"""What the kinds of change to subscriptions share: which subscription, Autumn's preview, words."""
