// What holds for every part of a page that htmx fetches.
"use strict";

(() => {
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, requestConfig } = event.detail;
    const path = requestConfig.path.split("?")[0];
    if (new URL(xhr.responseURL || path, window.location.href).pathname !== path) {
      // Signed out in the meantime: the answer is another page, not a part of this one.
      event.detail.shouldSwap = false;
      window.location.reload();
    }
  });
})();
