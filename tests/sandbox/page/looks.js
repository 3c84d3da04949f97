/**
 * What a designer would send back about what is drawn in `root`, in words; empty when nothing is wrong.
 */
(root) => {
  const wrong = [];
  const say = (what, element) => {
    const words = (element.innerText || element.ariaLabel || element.tagName).trim().replace(/\s+/g, " ");
    wrong.push(`${what}: ${words.slice(0, 80)}`);
  };
  const isDrawn = (element) => {
    const box = element.getBoundingClientRect();
    return box.width > 1 && box.height > 1 && getComputedStyle(element).visibility !== "hidden";
  };
  const every = [...root.querySelectorAll("*")].filter(isDrawn);

  // Nothing reaches beyond the surface, except in what can be scrolled to it.
  const edge = root.getBoundingClientRect().right;
  const scrolls = (element) => {
    for (let at = element; at && at !== root; at = at.parentElement)
      if (["auto", "scroll"].includes(getComputedStyle(at).overflowX)) return true;
    return false;
  };
  const page = document.documentElement;
  if (page.scrollWidth > page.clientWidth) say("the page scrolls sideways", root);
  for (const element of every)
    if (element.getBoundingClientRect().right > edge + 1 && !scrolls(element.parentElement))
      say("reaches beyond the edge", element);

  // Words fit into their buttons.
  const isCut = (button) => {
    const words = document.createRange();
    words.selectNodeContents(button);
    const [inner, outer] = [words.getBoundingClientRect(), button.getBoundingClientRect()];
    const parts = [...button.querySelectorAll("*")].filter(isDrawn);
    return (
      inner.left < outer.left - 1 ||
      inner.right > outer.right + 1 ||
      parts.some((part) => part.scrollWidth > part.clientWidth + 1 && part.clientWidth)
    );
  };
  for (const element of every)
    if (element.matches("button, [role=button], a.button") && isCut(element)) say("cut off", element);

  // Text can be read on what is behind it.
  const colour = (text) => {
    const [red, green, blue, alpha = 1] = text.match(/[\d.]+/g).map(Number);
    return { rgb: [red, green, blue], alpha };
  };
  const over = (top, under, alpha) => top.map((each, index) => each * alpha + under[index] * (1 - alpha));
  const behind = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      const layer = colour(getComputedStyle(at).backgroundColor);
      if (layer.alpha) layers.push(layer);
      if (layer.alpha === 1) break;
    }
    return layers.reduceRight((under, layer) => over(layer.rgb, under, layer.alpha), [255, 255, 255]);
  };
  const light = (rgb) => {
    const [red, green, blue] = rgb
      .map((each) => each / 255)
      .map((each) => (each <= 0.03928 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const contrast = (one, other) => {
    const [dark, bright] = [light(one), light(other)].sort((a, b) => a - b);
    return (bright + 0.05) / (dark + 0.05);
  };
  const ownWords = (element) =>
    [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
  for (const element of every.filter(ownWords)) {
    const style = getComputedStyle(element);
    if (element.closest("svg, [disabled], [aria-disabled=true]")) continue;
    const back = behind(element);
    const ink = colour(style.color);
    const ratio = contrast(over(ink.rgb, back, ink.alpha), back);
    const size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    // Hints and fields that are empty are as pale as Slack draws them.
    const isHint = element.closest(".hint, .placeholder, .time, .edited");
    if (ratio < (isLarge || isHint ? 3 : 4.5)) say(`contrast of ${ratio.toFixed(2)}`, element);
  }

  // Nothing of the markup or of the program is left in the words.
  const RAW = [
    [/&(amp|lt|gt|quot|#\d+);/, "an escape"],
    [/<[!@#][^>]*>?|<https?:/, "a mark of Slack's"],
    [/(^|\s)([*_~])(?=\S)[^*_~\n]+\2(?=\s|$|[.,:;])/m, "a style's mark"],
    [/:[a-z][a-z_]+:/, "an emoji's name"],
    [/\b(undefined|null|NaN|\[object Object\])\b/, "a value without words"],
    [/\b[UCTW]0[A-Z0-9]{5,}\b/, "an id of Slack's"],
    [/\b[a-z]+_[a-z]+(_[a-z]+)+\b/, "a name of the program's"],
  ];
  const words = every.filter((element) => !element.closest("pre, code")).filter(ownWords);
  for (const element of words) {
    const own = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE);
    const text = own.map((node) => node.data).join("\n");
    for (const [pattern, name] of RAW) if (pattern.test(text)) say(`${name} is left`, element);
  }

  // A date stays in one line.
  for (const element of every.filter(ownWords)) {
    const line = document.createRange();
    line.selectNodeContents(element);
    if (/^\d{4}-\d\d-\d\d/.test(element.innerText) && line.getClientRects().length > 1)
      say("a date is broken", element);
  }

  // Every block shows something.
  for (const block of root.querySelectorAll(".block")) {
    const holds = block.querySelector("img, svg, input, textarea, select, button, hr, [role=img]");
    if (!holds && !block.innerText.trim()) say("an empty block", block);
  }
  return wrong;
}
