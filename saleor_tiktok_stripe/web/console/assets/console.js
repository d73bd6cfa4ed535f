// Makes the console more comfortable. Everything works without it.
"use strict";

(() => {
  const units = [["day", 86400], ["hour", 3600], ["minute", 60]];
  const words = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

  function ago(moment) {
    const seconds = (moment - Date.now()) / 1000;
    for (const [unit, length] of units) {
      if (Math.abs(seconds) >= length) return words.format(Math.round(seconds / length), unit);
    }
    return seconds < 0 ? "just now" : "in less than a minute";
  }

  // Times: how long ago or ahead, and in the reader's own time zone.
  function tell(root) {
    for (const time of root.querySelectorAll("time[datetime]")) {
      const moment = new Date(time.dateTime);
      if (!Number.isNaN(moment.valueOf())) time.title = `${ago(moment)} · ${moment.toLocaleString()}`;
    }
  }

  // A part that changes by itself (data-refresh: seconds) is asked for again until it says it is
  // done. What somebody is typing in, or looks at with the keyboard, is left alone.
  function follow(part) {
    const seconds = Number(part.dataset.refresh);
    if (!(seconds > 0)) return;
    setTimeout(async () => {
      let next = part;
      try {
        const answer = await fetch(location.href, { credentials: "same-origin", redirect: "error" });
        if (answer.ok && !part.contains(document.activeElement)) {
          const page = new DOMParser().parseFromString(await answer.text(), "text/html");
          const fresh = page.getElementById(part.id);
          if (!fresh) return location.reload();
          next = document.importNode(fresh, true);
          part.replaceWith(next);
          tell(next);
          if (!next.dataset.refresh) return location.reload();
        }
      } catch {
        // Not reachable for now: asked again.
      }
      follow(next);
    }, seconds * 1000);
  }

  // Sending twice by impatience does no harm, but looks as if nothing happened.
  function once(event) {
    const form = event.target;
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "yes";
    for (const button of form.querySelectorAll("button")) button.setAttribute("aria-busy", "true");
    setTimeout(() => delete form.dataset.sent, 5000);
  }

  tell(document);
  document.querySelectorAll("[data-refresh]").forEach(follow);
  document.addEventListener("submit", once);
  document.getElementById("failure")?.focus();
  document.addEventListener("keydown", (event) => {
    const menu = document.querySelector("details.menu[open]");
    if (event.key === "Escape" && menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
})();
