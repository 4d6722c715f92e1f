// allauth's passkey script reports what went wrong as an event, and to the console if nobody
// listens. People do not read consoles: show the words that the page holds ready.
document.addEventListener("allauth.error", (event) => {
  const words = document.getElementById("passkey-problem");
  if (!words) return;
  event.preventDefault();
  words.hidden = false;
  words.scrollIntoView({ block: "nearest" });
});
