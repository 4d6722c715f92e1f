// The pay button: one order for one click, the payment window, then the shop's server is asked.
// Nothing that the window says is believed here or there: it only decides which question is sent.
// Loaded after the SDK (both `defer`), so a missing `IMP` means that the SDK did not load.
(function () {
  "use strict";

  const form = document.getElementById("pay-form");
  const button = form.querySelector("button[type=submit]");
  const statusLine = form.querySelector("[data-said]");
  const wayOn = form.querySelector("[data-way-on]");
  const texts = form.dataset;
  let isBusy = false;
  let isInitialised = false;

  const words = { 0: texts.sayOffline, 403: texts.sayReload };

  // An answer other than 200; status 0 means that there was none.
  class Refused extends Error {
    constructor(status, answer) {
      const error = (answer && answer.error) || {};
      super(error.message || words[status] || texts.sayTrouble);
      this.status = status;
      this.code = error.code || "";
      this.field = error.field || "";
      this.next = (answer && answer.next) || "";
      this.checkoutKey = (answer && answer.checkout_key) || "";
      this.price = (answer && answer.price) || "";
      this.priceLabel = (answer && answer.price_label) || "";
    }
  }

  async function send(url, body) {
    return fetch(url, {
      method: "POST",
      credentials: "same-origin",
      headers: {
        "Content-Type": "application/json",
        "X-CSRFToken": form.elements.csrfmiddlewaretoken.value,
      },
      body: JSON.stringify(body),
    });
  }

  // Throws Refused, and nothing else.
  async function post(url, body) {
    const response = await send(url, body).catch(() => {
      throw new Refused(0, null);
    });
    const answer = await response.json().catch(() => null);
    if (!response.ok || !answer) {
      throw new Refused(response.status, answer);
    }
    return answer;
  }

  function say(text, isBad) {
    statusLine.classList.toggle("bad", Boolean(isBad));
    statusLine.textContent = text;
  }

  function setBusy(value) {
    isBusy = value;
    button.disabled = value;
    form.setAttribute("aria-busy", String(value));
  }

  function offerPage(url) {
    wayOn.querySelector("a").href = url;
    wayOn.hidden = !url;
  }

  function mark(name) {
    for (const input of form.elements) {
      input.removeAttribute("aria-invalid");
    }
    const input = name && form.elements.namedItem(name);
    if (input && input.focus && input.type !== "hidden") {
      input.setAttribute("aria-invalid", "true");
      input.focus();
    }
  }

  function order() {
    return {
      product: texts.product,
      price: texts.price,
      pay_method: form.elements.pay_method.value,
      checkout_key: texts.checkoutKey,
      buyer_tel: form.elements.buyer_tel.value,
      buyer_name: form.elements.buyer_name.value,
    };
  }

  // An order that is over (declined before, say) gets a new key, and this click a new order.
  async function start() {
    try {
      return await post(texts.start, order());
    } catch (error) {
      if (error.checkoutKey) {
        texts.checkoutKey = error.checkoutKey;
      }
      if (error.code !== "closed") {
        throw error;
      }
      return post(texts.start, order());
    }
  }

  function openWindow(started) {
    if (!isInitialised) {
      window.IMP.init(started.user_code);
      isInitialised = true;
    }
    say(texts.sayWindow);
    offerPage(started.next);
    window.IMP.request_pay(started.params, function (result) {
      finish(started, result || {});
    });
  }

  // `success` is missing with six PGs (contract 4.4): only a stated failure counts as one.
  function gaveUp(result) {
    const stated = result.success === false || result.imp_success === false;
    return Boolean(result.error_code) || stated || !result.imp_uid;
  }

  function question(merchantUid, result) {
    const body = { merchant_uid: merchantUid };
    for (const name of ["imp_uid", "error_code", "error_msg"]) {
      if (result[name]) {
        body[name] = String(result[name]);
      }
    }
    return body;
  }

  async function finish(started, result) {
    say(texts.sayChecking);
    const merchantUid = started.params.merchant_uid;
    try {
      const answer = gaveUp(result)
        ? await post(texts.giveUp, question(merchantUid, result))
        : await post(texts.complete, { merchant_uid: merchantUid, imp_uid: String(result.imp_uid) });
      location.assign(answer.next);
    } catch (error) {
      afterTrouble(error, started, result);
    }
  }

  function afterTrouble(error, started, result) {
    if (error.next) {
      location.assign(error.next);
    } else if (error.status === 401 || error.status === 403) {
      // Signed out while paying: the URL for the window's redirect needs no session.
      const url = new URL(started.params.m_redirect_url);
      url.search = new URLSearchParams(question(started.params.merchant_uid, result));
      location.assign(url);
    } else {
      setBusy(false);
      offerPage(started.next);
      say(texts.sayOfflinePaid, true);
    }
  }

  async function pay(event) {
    event.preventDefault();
    if (isBusy) {
      return;
    }
    setBusy(true);
    mark("");
    offerPage("");
    say(texts.sayPreparing);
    try {
      openWindow(await start());
    } catch (error) {
      setBusy(false);
      explain(error);
    }
  }

  // What is shown is what the next click agrees to.
  function showPrice(price, label) {
    button.textContent = button.textContent.replace(texts.priceLabel, label);
    document.querySelector("[data-price-shown]").textContent = label;
    texts.price = price;
    texts.priceLabel = label;
  }

  function explain(error) {
    if (error.status === 401) {
      location.reload(); // The page then leads to sign-in and back.
      return;
    }
    if (error.price) {
      showPrice(error.price, error.priceLabel);
    }
    say(error instanceof Refused ? error.message : texts.sayNoWindow, true);
    offerPage(error.code === "already_paid" ? error.next : "");
    mark(error.field);
  }

  if (!window.IMP) {
    say(texts.sayNoWindow, true);
    return;
  }
  form.addEventListener("submit", pay);
  // A page that the browser kept as it was still holds the key of an order that is over.
  window.addEventListener("pageshow", function (event) {
    if (event.persisted) {
      location.reload();
    }
  });
  say("");
  button.disabled = false;
})();
