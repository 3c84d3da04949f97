// The most used emoji. Unknown names stay as typed, as in Slack.

const TABLE = `smile 😄|smiley 😃|grinning 😀|slightly_smiling_face 🙂|blush 😊|wink 😉|joy 😂|sweat_smile 😅|laughing 😆|heart_eyes 😍|thinking_face 🤔|sunglasses 😎|cry 😢|sob 😭|scream 😱|rage 😡|neutral_face 😐|
+1 👍|thumbsup 👍|-1 👎|thumbsdown 👎|clap 👏|wave 👋|raised_hands 🙌|pray 🙏|muscle 💪|ok_hand 👌|point_right 👉|point_left 👈|point_up ☝️|point_down 👇|eyes 👀|handshake 🤝|raised_hand ✋|
heart ❤️|broken_heart 💔|sparkles ✨|star ⭐|star2 🌟|fire 🔥|tada 🎉|100 💯|zap ⚡|boom 💥|rocket 🚀|trophy 🏆|gift 🎁|medal 🏅|balloon 🎈|confetti_ball 🎊|
white_check_mark ✅|heavy_check_mark ✔️|ballot_box_with_check ☑️|x ❌|negative_squared_cross_mark ❎|warning ⚠️|exclamation ❗|heavy_exclamation_mark ❗|question ❓|no_entry ⛔|no_entry_sign 🚫|octagonal_sign 🛑|rotating_light 🚨|information_source ℹ️|bulb 💡|bell 🔔|no_bell 🔕|lock 🔒|unlock 🔓|key 🔑|shield 🛡️|
red_circle 🔴|large_orange_circle 🟠|large_orange_diamond 🔶|large_blue_diamond 🔷|large_yellow_circle 🟡|large_green_circle 🟢|green_circle 🟢|large_blue_circle 🔵|large_purple_circle 🟣|white_circle ⚪|black_circle ⚫|large_green_square 🟩|large_yellow_square 🟨|large_red_square 🟥|large_orange_square 🟧|large_blue_square 🟦|white_large_square ⬜|black_large_square ⬛|white_medium_square ◻️|black_medium_square ◼️|small_red_triangle 🔺|small_red_triangle_down 🔻|small_blue_diamond 🔹|small_orange_diamond 🔸|
arrow_right ➡️|arrow_left ⬅️|arrow_up ⬆️|arrow_down ⬇️|arrow_upper_right ↗️|arrow_lower_right ↘️|arrows_counterclockwise 🔄|repeat 🔁|back 🔙|fast_forward ⏩|rewind ⏪|arrow_forward ▶️|double_vertical_bar ⏸️|leftwards_arrow_with_hook ↩️|
hourglass ⌛|hourglass_flowing_sand ⏳|clock1 🕐|clock3 🕒|alarm_clock ⏰|stopwatch ⏱️|timer_clock ⏲️|watch ⌚|calendar 📅|date 📅|spiral_calendar_pad 🗓️|
chart_with_upwards_trend 📈|chart_with_downwards_trend 📉|bar_chart 📊|moneybag 💰|dollar 💵|euro 💶|pound 💷|yen 💴|credit_card 💳|receipt 🧾|money_with_wings 💸|coin 🪙|bank 🏦|label 🏷️|ticket 🎫|shopping_trolley 🛒|package 📦|
memo 📝|pencil ✏️|pencil2 ✏️|page_facing_up 📄|page_with_curl 📃|scroll 📜|clipboard 📋|pushpin 📌|paperclip 📎|link 🔗|mag 🔍|mag_right 🔎|books 📚|bookmark 🔖|wastebasket 🗑️|inbox_tray 📥|outbox_tray 📤|file_folder 📁|open_file_folder 📂|
email 📧|envelope ✉️|incoming_envelope 📨|speech_balloon 💬|thought_balloon 💭|mega 📣|loudspeaker 📢|phone ☎️|telephone_receiver 📞|iphone 📱|computer 💻|desktop_computer 🖥️|keyboard ⌨️|satellite 🛰️|globe_with_meridians 🌐|
gear ⚙️|wrench 🔧|hammer 🔨|hammer_and_wrench 🛠️|bug 🐛|test_tube 🧪|robot_face 🤖|construction 🚧|traffic_light 🚥|wheelchair ♿|infinity ♾️|recycle ♻️|heavy_plus_sign ➕|heavy_minus_sign ➖|heavy_multiplication_x ✖️|
bust_in_silhouette 👤|busts_in_silhouette 👥|office 🏢|house 🏠|factory 🏭|hospital 🏥|school 🏫|store 🏪|convenience_store 🏪|
maple_leaf 🍁|fallen_leaf 🍂|leaves 🍃|seedling 🌱|evergreen_tree 🌲|deciduous_tree 🌳|sunflower 🌻|sunny ☀️|cloud ☁️|umbrella ☔|snowflake ❄️|rainbow 🌈|ocean 🌊|crescent_moon 🌙|coffee ☕|pizza 🍕|cake 🍰|beers 🍻|apple 🍎|
dog 🐶|cat 🐱|fox_face 🦊|bear 🐻|panda_face 🐼|turtle 🐢|snail 🐌|unicorn_face 🦄|ghost 👻|skull 💀|alien 👽|zzz 💤|
one 1️⃣|two 2️⃣|three 3️⃣|four 4️⃣|five 5️⃣|white_flag 🏳️|checkered_flag 🏁|triangular_flag_on_post 🚩|heavy_dollar_sign 💲|new 🆕|free 🆓|up 🆙|cool 🆒|ok 🆗|sos 🆘|vs 🆚|
slightly_frowning_face 🙁|disappointed 😞|confused 😕|face_with_monocle 🧐|shrug 🤷|facepalm 🤦|partying_face 🥳|hugging_face 🤗|saluting_face 🫡|nerd_face 🤓|zipper_mouth_face 🤐|heavy_heart_exclamation_mark_ornament ❣️|yellow_heart 💛|green_heart 💚|blue_heart 💙|purple_heart 💜|orange_heart 🧡`;

const EMOJI = new Map(
  TABLE.split("|").map((entry) => {
    const at = entry.trim().lastIndexOf(" ");
    return [entry.trim().slice(0, at), entry.trim().slice(at + 1)];
  }),
);

/** The character for a name, ignoring a skin tone suffix, or undefined. */
export const emojiOf = (name) => EMOJI.get(name.replace(/::skin-tone-\d$/, ""));

export const PATTERN = /:([a-z0-9_+'-]+(?:::skin-tone-\d)?):/;

/** Replaces known :names: in plain text. */
export const withEmoji = (text) =>
  text.replace(new RegExp(PATTERN, "g"), (whole, name) => emojiOf(name) ?? whole);

/** The first `count` names with their characters, for a picker. */
export const commonEmoji = (count) => [...EMOJI].slice(0, count);
