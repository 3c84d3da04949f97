// The initial value of an element as the server takes it; undefined if empty.

const values = (options) => (options ?? []).map((option) => option.value);
const filled = (key, list) => (list?.length ? { [key]: list } : undefined);
const one = (key, value) =>
  value === undefined || value === null || value === "" ? undefined : { [key]: value };

const READERS = {
  static_select: (element) => one("option", element.initial_option?.value),
  radio_buttons: (element) => one("option", element.initial_option?.value),
  external_select: (element) => element.initial_option && { option: element.initial_option },
  users_select: (element) => one("user", element.initial_user),
  channels_select: (element) => one("channel", element.initial_channel),
  conversations_select: (element) => one("conversation", element.initial_conversation),
  checkboxes: (element) => filled("options", values(element.initial_options)),
  multi_static_select: (element) => filled("options", values(element.initial_options)),
  multi_external_select: (element) => filled("options", element.initial_options),
  multi_users_select: (element) => filled("users", element.initial_users),
  multi_channels_select: (element) => filled("channels", element.initial_channels),
  multi_conversations_select: (element) => filled("conversations", element.initial_conversations),
  datepicker: (element) => one("date", element.initial_date),
  timepicker: (element) => one("time", element.initial_time),
  datetimepicker: (element) => one("datetime", element.initial_date_time),
  plain_text_input: (element) => one("text", element.initial_value),
  email_text_input: (element) => one("text", element.initial_value),
  url_text_input: (element) => one("text", element.initial_value),
  number_input: (element) => one("text", element.initial_value),
};

export const initialInput = (element) => READERS[element.type]?.(element);
