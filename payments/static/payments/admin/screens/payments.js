/* The list of payments: the row whose button was pressed is drawn anew (htmx). Without a script the
   button posts and the page loads again. */
"use strict";

(() => {
  const news = document.getElementById("row-news");
  const ticks = new Map();

  document.addEventListener("htmx:beforeSwap", (event) => {
    const tick = event.detail.target.querySelector(".action-select");
    if (tick) {
      ticks.set(tick.value, tick);
    }
  });

  document.addEventListener("htmx:load", (event) => {
    const row = event.detail.elt;
    if (!row.dataset || !row.dataset.news) {
      return;
    }
    // Django's script counts the boxes that it found at first.
    const tick = row.querySelector(".action-select");
    const kept = tick && ticks.get(tick.value);
    if (kept) {
      tick.replaceWith(kept);
      row.classList.toggle("selected", kept.checked);
    }
    news.textContent = row.dataset.news;
  });

  const failed = (event) => {
    const button = event.detail.elt;
    news.textContent = news.dataset.failed;
    if (!button.matches(".row-button")) {
      return;
    }
    const cell = button.closest("tr").querySelector(".field-verified");
    const words = cell.querySelector(".row-outcome") || document.createElement("span");
    words.className = "row-outcome";
    words.textContent = news.dataset.failed;
    cell.append(words);
  };

  document.addEventListener("htmx:responseError", failed);
  document.addEventListener("htmx:sendError", failed);
})();
