// A link to one row of what happened opens what is folded in it.
"use strict";

(() => {
  function unfold() {
    const row = location.hash.startsWith("#event-") && document.querySelector(location.hash);
    if (row) row.querySelector("details")?.setAttribute("open", "");
  }

  window.addEventListener("hashchange", unfold);
  unfold();
})();
