// A run that works while one looks: its parts fetch themselves again (htmx), this tells what that
// means. Without it the page shows what reloading shows, and every button works.
"use strict";

(() => {
  const news = document.getElementById("run-news");

  function say(words) {
    // The same words again would be read out again.
    if (news.textContent !== words) {
      news.textContent = words;
    }
  }

  document.addEventListener("htmx:load", (event) => {
    if (event.detail.elt.dataset && event.detail.elt.dataset.news) {
      say(event.detail.elt.dataset.news);
    }
  });

  // What somebody folded or unfolded stays so when its part comes anew.
  const folds = new Map();

  document.addEventListener("htmx:beforeSwap", (event) => {
    for (const fold of event.detail.target.querySelectorAll("details[id]")) {
      folds.set(fold.id, fold.open);
    }
  });

  // A part that has just come settles a moment later, as the server sent it: a press in between
  // counts.
  document.addEventListener("click", (event) => {
    const fold = event.target.closest("summary")?.closest("details[id]");
    if (fold) {
      folds.set(fold.id, !fold.open);
    }
  });

  document.addEventListener("htmx:load", (event) => {
    for (const fold of event.detail.elt.querySelectorAll("details[id]")) {
      fold.open = folds.get(fold.id) ?? fold.open;
    }
  });

  function failed() {
    document.getElementById("run-live").classList.add("stale");
    say(news.dataset.failed);
  }

  document.addEventListener("htmx:responseError", failed);
  document.addEventListener("htmx:sendError", failed);

  // One run for one press, however often somebody presses.
  for (const form of document.querySelectorAll("form.once")) {
    form.addEventListener("submit", () => {
      form.querySelector("[type=submit]").disabled = true;
    });
    window.addEventListener("pageshow", () => {
      form.querySelector("[type=submit]").disabled = false;
    });
  }
})();
