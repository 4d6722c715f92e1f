// Copy buttons: shown only where this script runs; without it the text itself can be selected.
"use strict";

function selected(text) {
  // For plain http, where there is no clipboard: select it, so that Ctrl+C takes it.
  const range = document.createRange();
  range.selectNodeContents(text);
  const selection = window.getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
  return document.execCommand("copy");
}

async function copy(button) {
  const text = button.previousElementSibling;
  let done = false;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    done = true;
  } catch {
    done = selected(text);
  }
  if (!done) return;
  const label = button.firstElementChild;
  const words = label.textContent;
  if (words === button.dataset.copied) return;
  label.textContent = button.dataset.copied;
  announce(`${button.dataset.copied}: ${button.dataset.copy}`);
  window.setTimeout(() => {
    label.textContent = words;
  }, 1500);
}

const live = document.createElement("p");
live.className = "visually-hidden";
live.setAttribute("role", "status");
document.body.append(live);

function announce(words) {
  live.textContent = words;
}

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", () => copy(button));
}
