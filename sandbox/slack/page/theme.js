// Light or dark: the choice of the person or, without one, of the system.
const KEY = "local-slack-theme";
const machine = matchMedia("(prefers-color-scheme: dark)");

const chosen = () => localStorage.getItem(KEY);

export const currentTheme = () => chosen() ?? (machine.matches ? "dark" : "light");

const show = () => {
  document.documentElement.dataset.theme = currentTheme();
};

export function setTheme(theme) {
  localStorage.setItem(KEY, theme);
  show();
}

machine.addEventListener("change", show);
show();
