// Light, dark, or as the system says. Stored under "theme", the key that the admin uses too, so
// one choice holds on every page. Loaded in <head> without `defer`: the page must not flash.
(function () {
  "use strict";

  const choices = ["auto", "light", "dark"];
  const root = document.documentElement;

  function read() {
    try {
      const stored = localStorage.getItem("theme");
      return choices.includes(stored) ? stored : "auto";
    } catch {
      return "auto"; // storage is switched off
    }
  }

  function store(theme) {
    try {
      localStorage.setItem("theme", theme);
    } catch {
      // The choice then lasts for this page only.
    }
  }

  function show(theme, buttons) {
    root.dataset.theme = theme;
    for (const button of buttons) {
      button.setAttribute("aria-pressed", String(button.value === theme));
    }
  }

  show(read(), []);
  document.addEventListener("DOMContentLoaded", function () {
    const box = document.querySelector("[data-theme-switch]");
    if (!box) {
      return;
    }
    const buttons = box.querySelectorAll("button");
    for (const button of buttons) {
      button.addEventListener("click", function () {
        store(button.value);
        show(button.value, buttons);
      });
    }
    show(read(), buttons);
    box.hidden = false; // without JavaScript the switch would do nothing
  });
})();
