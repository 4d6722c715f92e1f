// The payment page: the button that copies the account number, and what repeats itself while the
// page may still change: the check of a payment that is being confirmed, and the look at one that
// waits for its deposit, of which a webhook tells the shop.
(function () {
  "use strict";

  // Seconds between the checks; the shop asks at most every ten. After the last one the customer has
  // the button.
  const PAUSES = [3, 12, 12, 24];
  // Seconds between two looks at the shop's own page, which ask the gateway nothing; every so many
  // of them the check is sent instead, for a deadline that was moved and what no webhook told.
  const LOOK_EVERY = 20;
  const CHECK_EACH = 15;

  function startCopying(button) {
    const status = document.querySelector("[data-copy-said]");
    const number = document.getElementById(button.dataset.copy);
    button.hidden = false;
    button.addEventListener("click", async function () {
      try {
        await navigator.clipboard.writeText(number.textContent.trim());
        button.textContent = status.textContent = button.dataset.copied;
      } catch {
        // No permission: select it, so that the customer can copy it by hand.
        getSelection().selectAllChildren(number);
      }
    });
  }

  function check(form) {
    return fetch(form.action, { method: "POST", body: new FormData(form) });
  }

  // The answer is this page as it is now: if it tells anything else, show it.
  async function hasNews(answer) {
    const before = document.querySelector("[data-state]").textContent;
    const response = await answer;
    if (!response.ok) {
      return false;
    }
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const now = page.querySelector("[data-state]");
    return Boolean(now) && now.textContent !== before;
  }

  // Counted in the tab, so that a reload does not begin anew.
  function takePause(form) {
    const key = "checks:" + form.action;
    const made = Number(sessionStorage.getItem(key) || 0);
    sessionStorage.setItem(key, String(made + 1));
    return PAUSES[made];
  }

  function checkLater(form) {
    const pause = takePause(form);
    if (!pause) {
      return;
    }
    setTimeout(async function () {
      const isNew = await hasNews(check(form)).catch(() => false);
      if (isNew) {
        location.reload();
      } else {
        checkLater(form);
      }
    }, pause * 1000);
  }

  // Until the tab is closed; one that nobody looks at waits.
  function follow(form) {
    let looks = 0;
    setInterval(async function () {
      if (document.hidden) {
        return;
      }
      looks += 1;
      const answer = looks % CHECK_EACH ? fetch(location.href) : check(form);
      if (await hasNews(answer).catch(() => false)) {
        location.reload();
      }
    }, LOOK_EVERY * 1000);
  }

  const copy = document.querySelector("[data-copy]");
  if (copy && navigator.clipboard) {
    startCopying(copy);
  }
  const unsettled = document.querySelector("[data-auto-check]");
  if (unsettled) {
    checkLater(unsettled);
  }
  const waiting = document.querySelector("[data-follow]");
  if (waiting) {
    follow(waiting);
  }
})();
