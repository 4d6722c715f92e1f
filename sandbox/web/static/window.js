/*
 * Inside the payment window. It learns what to pay from the shop's page (postMessage) or, on a
 * phone, from the URL's fragment; it hands the result back the same way.
 */
(function () {
  "use strict";

  const NAME = "iamport-sandbox";
  const METHODS = {
    card: "신용카드", trans: "실시간 계좌이체", vbank: "가상계좌", phone: "휴대폰 소액결제",
    kakaopay: "카카오페이", naverpay: "네이버페이", payco: "페이코", tosspay: "토스페이",
    samsung: "삼성페이", applepay: "애플페이", point: "포인트",
  };
  const query = new URLSearchParams(location.search);
  const requestId = query.get("request_id");
  const shopOrigin = query.get("origin");
  const isFramed = window.parent !== window && Boolean(requestId && shopOrigin);
  const $ = (id) => document.getElementById(id);

  let asked = null;
  let payment = null;
  let isBusy = false;

  async function post(path, body) {
    const response = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.error || "요청을 처리하지 못했습니다.");
    return answer;
  }

  async function open(request) {
    asked = request;
    const answer = await post("/window/attempts", {
      user_code: request.user_code,
      params: request.params,
      channel: request.channel,
    });
    if (answer.blocked) deliver(answer);
    else show(answer.payment);
  }

  function deliver(answer) {
    if (isFramed) {
      window.parent.postMessage({
        name: NAME, request_id: requestId, kind: "result",
        result: answer.result, redirect_url: answer.redirect_url,
      }, shopOrigin);
    } else if (answer.redirect_url) {
      location.replace(answer.redirect_url);
    } else {
      say("결제가 끝났습니다. 이 창을 닫아주세요.");
    }
  }

  function show(opened) {
    payment = opened;
    const amount = money(payment.amount);
    const isVbank = payment.pay_method === "vbank";
    $("pay-name").textContent = payment.name || "주문 상품";
    $("pay-amount").textContent = amount;
    $("pay-method").textContent = METHODS[payment.pay_method] || payment.pay_method;
    $("pay-merchant-uid").textContent = payment.merchant_uid;
    $("pay-imp-uid").textContent = payment.imp_uid;
    $("pay-approve").textContent = amount + " 결제하기";
    $("pay-tamper-amount").value = payment.amount > 100 ? 100 : payment.amount + 100;
    if (isVbank) putIssueFirst();
    document.title = (payment.name || "주문 상품") + " 결제";
    $("waiting").hidden = true;
    $("pay").hidden = false;
    document.body.classList.add("is-open");
    $(isVbank ? "pay-issue-vbank" : "pay-approve").focus();
  }

  /* A virtual account can't be approved on the spot: it is issued, and paid into later. */
  function putIssueFirst() {
    const issue = $("pay-issue-vbank");
    issue.textContent = "가상계좌 발급받기";
    issue.classList.add("button--primary");
    $("pay-approve").replaceWith(issue);
  }

  function money(amount) {
    const text = amount.toLocaleString("ko-KR");
    return payment.currency === "KRW" ? text + "원" : text + " " + payment.currency;
  }

  async function act(action) {
    if (isBusy || !payment) return;
    setBusy(true);
    const body = { test_channel: $("pay-test-channel").checked };
    if (action === "tamper") body.amount = Number($("pay-tamper-amount").value);
    try {
      deliver(await post("/window/attempts/" + payment.imp_uid + "/" + action, body));
    } catch (error) {
      complain(error);
      setBusy(false);
    }
  }

  function setBusy(value) {
    isBusy = value;
    $("pay").setAttribute("aria-busy", String(value));
    for (const button of document.querySelectorAll("[data-action]")) button.disabled = value;
    if (value) $("error").hidden = true;
  }

  function complain(error) {
    if (!payment) return giveBack("결제창을 열 수 없습니다. " + error.message);
    $("error").textContent = error.message;
    $("error").hidden = false;
  }

  /* Without a window there is nothing to close: the shop hears of it at once. */
  function giveBack(text) {
    const merchantUid = asked && asked.params && asked.params.merchant_uid;
    if (!isFramed) return say(text);
    deliver({
      result: {
        success: false, imp_uid: null, merchant_uid: merchantUid,
        error_code: "F500", error_msg: text,
      },
    });
  }

  function say(text) {
    $("pay").hidden = true;
    $("waiting").textContent = text;
    $("waiting").hidden = false;
  }

  function onKey(event) {
    if (event.key === "Escape") act("close");
    if (event.key === "Enter" && event.target.id === "pay-tamper-amount") act("tamper");
    if (event.key === "Tab") keepFocusInside(event);
  }

  function keepFocusInside(event) {
    const stops = [...document.querySelectorAll("#pay button, #pay input")]
      .filter((stop) => !stop.disabled);
    const edge = event.shiftKey ? stops[0] : stops[stops.length - 1];
    if (stops.length && document.activeElement === edge) {
      event.preventDefault();
      stops[event.shiftKey ? stops.length - 1 : 0].focus();
    }
  }

  function listen() {
    window.addEventListener("message", (event) => {
      const message = event.data;
      if (event.origin !== shopOrigin || event.source !== window.parent) return;
      if (!message || message.name !== NAME || message.request_id !== requestId) return;
      if (message.kind === "open" && !payment) open(message.request).catch(complain);
    });
    document.body.classList.add("is-framed");
    window.parent.postMessage({ name: NAME, request_id: requestId, kind: "ready" }, shopOrigin);
  }

  for (const button of document.querySelectorAll("[data-action]")) {
    button.addEventListener("click", () => act(button.dataset.action));
  }
  document.addEventListener("keydown", onKey);

  if (isFramed) {
    listen();
  } else if (location.hash.length > 1) {
    open(JSON.parse(decodeURIComponent(location.hash.slice(1)))).catch(complain);
  } else {
    say("상점의 결제 버튼으로 열어주세요.");
  }
})();
