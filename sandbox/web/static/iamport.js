/*
 * The browser SDK V1 (contract 4): IMP.init, IMP.agency, IMP.request_pay.
 *
 * The window is an iframe over the shop's page, or the whole page when a phone has an
 * m_redirect_url to come back to (contract 4.5). Every check of the parameters is the gateway's, in
 * window.py: this file only opens the window and hands its result over. Styles are set through
 * the CSSOM, so a shop's Content-Security-Policy needs script-src and frame-src alone.
 */
(function () {
  "use strict";

  var NAME = "iamport-sandbox";
  var OPEN_WITHIN_MS = 15000;
  var script = document.currentScript || document.querySelector('script[src*="/v1/iamport.js"]');
  var GATEWAY = new URL(script.src, location.href).origin;

  var userCode = null;
  var tierCode = null;
  var current = null;

  function init(code) {
    userCode = code || null;
  }

  function agency(code, tier) {
    userCode = code || null;
    tierCode = tier || null;
  }

  function requestPay(params, callback) {
    if (!userCode) {
      window.alert("가맹점 식별코드가 없습니다. IMP.init()을 먼저 호출해주세요.");
      return false;
    }
    if (!params || typeof params !== "object") {
      window.alert("결제 파라메터가 없습니다.");
      return false;
    }
    var request = {
      user_code: userCode,
      tier_code: tierCode,
      channel: isMobile() ? "mobile" : "pc",
      params: withDefaults(params),
    };
    if (isMobile() && request.params.m_redirect_url) {
      location.assign(GATEWAY + "/window#" + encodeURIComponent(JSON.stringify(request)));
    } else {
      open(request, callback);
    }
    return undefined;
  }

  function withDefaults(params) {
    var copy = JSON.parse(JSON.stringify(params));
    if (!copy.merchant_uid) copy.merchant_uid = "nobody_" + Date.now();
    if (!copy.pay_method) copy.pay_method = "card";
    return copy;
  }

  function isMobile() {
    return /Android|iPhone|iPad|iPod|Mobile/i.test(navigator.userAgent);
  }

  function open(request, callback) {
    if (current) current.remove();
    var id = "req_" + Date.now() + Math.floor(Math.random() * 1e6);
    var frame = createFrame(id);
    var focused = document.activeElement;
    var overflow = document.documentElement.style.overflow;
    var timer = setTimeout(function () {
      finish({ result: failure(request, "결제창을 열 수 없습니다.") });
    }, OPEN_WITHIN_MS);

    function remove() {
      clearTimeout(timer);
      window.removeEventListener("message", receive);
      frame.remove();
      document.documentElement.style.overflow = overflow;
      if (focused && focused.focus) focused.focus({ preventScroll: true });
      current = null;
    }

    function finish(message) {
      remove();
      if (typeof callback === "function") callback(message.result);
      else if (message.redirect_url) location.assign(message.redirect_url);
    }

    function receive(event) {
      var message = event.data;
      if (event.origin !== GATEWAY || event.source !== frame.contentWindow) return;
      if (!message || message.name !== NAME || message.request_id !== id) return;
      if (message.kind === "ready") {
        clearTimeout(timer);
        frame.contentWindow.postMessage(
          { name: NAME, request_id: id, kind: "open", request: request }, GATEWAY);
      } else if (message.kind === "result") {
        finish(message);
      }
    }

    current = { remove: remove };
    window.addEventListener("message", receive);
    document.documentElement.style.overflow = "hidden";
    document.body.appendChild(frame);
  }

  function failure(request, text) {
    return {
      success: false,
      imp_uid: null,
      merchant_uid: request.params.merchant_uid,
      error_code: "F500",
      error_msg: text,
    };
  }

  function createFrame(id) {
    var frame = document.createElement("iframe");
    frame.src = GATEWAY + "/window?request_id=" + encodeURIComponent(id) +
      "&origin=" + encodeURIComponent(location.origin);
    frame.title = "결제창";
    frame.id = "iamport-sandbox-window";
    frame.setAttribute("data-testid", "pay-window");
    Object.assign(frame.style, {
      position: "fixed",
      inset: "0",
      width: "100%",
      height: "100%",
      border: "0",
      zIndex: "2147483647",
      background: "transparent",
      colorScheme: "light dark",
    });
    return frame;
  }

  window.IMP = { init: init, agency: agency, request_pay: requestPay };
})();
