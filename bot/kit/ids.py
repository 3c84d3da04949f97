"""The action and callback ids that views put in and handlers listen to."""

COMMAND = "/autumn"

RUN = "run"
"""A button that runs a command where Slack opened no form for it; its value is what was typed."""

GO = "go"
"""A button that changes the card it is on; its value is a `Place`. The action_id is `go:` and anything."""

OPEN = "open"
"""A button that answers the person who clicks with a card of their own; its value is a `Place`. `open:…`."""

FIND = "find"
"""A button that turns a page of search results; its value is a `Search`. `find:…`."""

LIST = "list"
"""A button that turns a page of the list of customers; its value is a `ListQuery`. `list:…`."""
LIST_ORDER = "list_order"
"""A select; its block_id is `list_order:<the list>`."""
LIST_CSV = "list_csv"
"""A button that sends that list as a file; its value is a `ListQuery`."""

CSV_FORMAT = "csv_format"
"""A button that opens a form for the format of a CSV file; its value is the query of the file's rows.
`csv_format:` and a `CsvSource`."""
CSV_FORM = "csv_form"
"""The callback id of that form; its private_metadata is a `CsvMeta`."""

SHARE = "share"
"""A button that posts the card into the channel, after a confirm dialog; its value is a `Place`."""

PICK_FEATURE = "pick_feature"
"""An external select on a card; its block_id is `pick_feature:` and a `Place`; option values are
`options.token(id)`."""

PICK_ENTITY = "pick_entity"
"""The same for the entities of a customer; option values are their ids."""

CARRYING = (PICK_FEATURE, PICK_ENTITY, LIST_ORDER)
"""The selects whose block_id carries a place or a list; a redraw must keep it."""

LINK = "link"
"""A button that only opens an address; the click still arrives and is acknowledged. `link:…`."""

MAKE_LINK = "make_link"
"""A button that answers with a link made for the customer; its value is a `Place`. `make_link:` and the id of
a kind of link."""

LOOK_UP_SHORTCUT = "look_up"
"""The global shortcut *Look up a customer*, and the button on the Home tab."""

LOOK_UP_MODAL = "look_up_modal"
PICK_CUSTOMER_BLOCK = "customer"
PICK_CUSTOMER = "pick_customer"
"""The external select in the look-up modal; option values are customer ids."""
PICK_PART_BLOCK = "part"
PICK_PART = "pick_part"

LOOK_UP_MESSAGE = "look_up_message"
"""The message shortcut *Look up customer*."""
MESSAGE_CUSTOMER = "message_customer"
"""A button in its modal that opens a customer's card; its value is a `Place`. `message_customer:…`."""
MESSAGE_CHANGE = "message_change"
"""A select next to it that opens a form: its block_id is `message_change:` and a `Place`, its values are the
ids of kinds of change. `message_change:…`."""

# Changes

CHANGE = "change"
"""A button that opens a form; its value is a `Place`. `change:` and the id of a kind of change."""

CHOOSE = "choose"
"""A button in the modal that offers more changes; its value is a `Place`. `choose:` and the id of a kind."""
CHOOSER_MODAL = "chooser"
"""Its callback id; the private_metadata is a `ChooserMeta`."""

CHANGE_CUSTOMER = "change_customer"
"""A select in a form that is opened for a text that several customers match; option values are their ids."""

ASK_THEM = "ask_them"
"""A button that passes on to those who may what this person may not do; its value is an `Ask`."""

HISTORY = "history"
"""A button that answers with the customer's changes; its value is a `Place`. Turning a page of them:
`history:` and a direction, the place's `page` says which."""

CHANGE_FORM = "change_form"
"""The callback id of every form; its private_metadata is a `forms.Meta`, which says of which kind."""

FORM_FIELD = "form"
"""A field of a form. Choosing or typing redraws the form. `form:…`."""
FORM_FEATURE = "form:feature"
FORM_ENTITY = "form:entity"
FORM_REWARD = "form:reward"
FORM_PRESET = "form:preset"
"""Selects. If there are too many choices to list they are external, answered by `handlers.forms.options`."""

APPROVE = "approve"
DENY = "deny"
WITHDRAW = "withdraw"
UNDO = "undo"
CHECK_AGAIN = "check_again"
ASK_AGAIN = "ask_again"
EDIT = "edit"
TAKE_UP = "take_up"
"""A button that opens the form as filled in by someone who may not request it; its value is the id of a
`FilledForm`."""
MARK_APPLIED = "mark_applied"
MARK_NOT_APPLIED = "mark_not_applied"
"""The buttons on a change's card; each one's value is a `Ref`."""

DENY_MODAL = "deny_modal"
UNDO_MODAL = "undo_modal"
"""The callback ids of the forms that ask for a reason; their private_metadata is a `Ref`."""

# Digests

DIGEST_CUSTOMER = "digest_customer"
"""A select on a digest that answers with a customer's card; option values are customer ids."""
DIGEST_CSV = "digest_csv"
"""A button that posts all rows as a file; its value is a `RowQuery` with the sections they belong to."""
DIGEST_ALL = "digest_all"
"""A button that opens all rows of a section; its value is a `RowQuery`. `digest_all:…`."""
DIGEST_PAGE = "digest_page"
"""A button there that turns the page; its value is a `RowQuery`. `digest_page:…`."""
DIGEST_OPEN = "digest_open"
"""A button there that shows a customer's card on top; its value is a `Place`. `digest_open:…`."""
DIGEST_ALL_MODAL = "digest_all_modal"
"""The callback id; the private_metadata is the `RowQuery` of the page shown."""

DIGEST_LIST = "digest_list"
"""The callback id of a channel's digests; the private_metadata is the channel's id."""
DIGEST_NEW = "digest_new"
"""A button there; its value is the channel's id."""
DIGEST_EDIT = "digest_edit"
DIGEST_PAUSE = "digest_pause"
DIGEST_RESUME = "digest_resume"
DIGEST_SEND = "digest_send"
DIGEST_PREVIEW = "digest_preview"
DIGEST_REMOVE = "digest_remove"
"""Buttons there; each one's value is a `Ref` of the digest. `digest_edit:` and a number, and so on."""
HOME_DIGEST = "home_digest"
"""The same buttons on the Home tab: `home_digest:`, one of these ids and a number."""

DIGEST_FORM = "digest_form"
"""The callback id of the form; the private_metadata is a `DigestMeta`."""
DIGEST_ZONE = "digest:zone"
DIGEST_PLANS = "digest:plans"
DIGEST_GROUP = "digest:group"
"""External selects there, answered by `handlers.digests`: `zones`, `plans` (if there are too many to list)
and `user_groups`."""

# Several changes at once

GATHER = "gather"
"""A button in the form of a change that adds it to the list of changes to request together."""
BATCH_GATHERED = "batch_gathered"
"""A button in the form of bulk changes that shows that list; its value is the list's key."""
BATCH_FORM = "batch_form"
"""The callback id of the form; the private_metadata is a `BatchMeta`."""
BATCH_FEATURE = "batch:feature"
"""An external select there: features by name."""
BATCH_LISTED = "batch_listed"
"""A button on the list of customers that opens the form for all of them; its value is a `ListQuery`."""
BATCH_CHECKED = "batch_checked"
"""The callback id of the modal with a checked list; its buttons carry a `ListRef`."""
BATCH_SEND = "batch_send"
BATCH_LEAVE_OUT = "batch_leave_out"
BATCH_WRONG_CSV = "batch_wrong_csv"
BATCH_CANCEL = "batch_cancel"
BATCH_TAKE_UP = "batch_take_up"
BATCH_APPROVE = "batch_approve"
BATCH_DENY = "batch_deny"
BATCH_WITHDRAW = "batch_withdraw"
BATCH_STOP = "batch_stop"
BATCH_RESUME = "batch_resume"
BATCH_CHECK_AGAIN = "batch_check_again"
BATCH_UNDO = "batch_undo"
BATCH_CSV = "batch_csv"
"""Buttons on the card of a bulk change; each one's value is a `Ref` with its revision."""
BATCH_DENY_MODAL = "batch_deny_modal"
BATCH_UNDO_MODAL = "batch_undo_modal"
"""The callback ids of the forms that ask for a reason; their private_metadata is a `Ref`."""

# Alerts

ALERT_LIST = "alert_list"
"""The callback id of a channel's and a person's alerts; the private_metadata is the channel's id."""
ALERT_NEW = "alert_new"
"""A button there; its value is the channel's id."""
ALERT_EDIT = "alert_edit"
ALERT_PAUSE = "alert_pause"
ALERT_RESUME = "alert_resume"
ALERT_REMOVE = "alert_remove"
"""Buttons there; each one's value is a `Ref` of the subscription. `alert_edit:` and a place, and so on."""

ALERT_FORM = "alert_form"
"""The callback id of the form; the private_metadata is an `AlertMeta`."""
ALERT_PLANS = "alert:plans"
ALERT_FEATURES = "alert:features"
"""External selects there: products and features by name."""
