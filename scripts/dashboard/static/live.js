"use strict";
// Live refresh: every few seconds the page is asked for again, and what stands in [data-live] is exchanged where it
// differs. Nothing moves while the page is hidden, paused, or while a person is in that part with keyboard or selection.

const EVERY_MS = 3000;
const button = document.querySelector("#live");
let paused = sessionStorage.getItem("paused") === "yes";

function show() {
  button.hidden = false;
  button.setAttribute("aria-pressed", String(paused));
  button.textContent = paused ? "Resume updates" : "Pause updates";
}

function isInUse(part) {
  const selection = document.getSelection();
  const selected = selection && !selection.isCollapsed && part.contains(selection.anchorNode);
  return part.contains(document.activeElement) || selected;
}

function exchange(fresh) {
  for (const part of document.querySelectorAll("[data-live]")) {
    const other = fresh.getElementById(part.id);
    if (other && other.innerHTML !== part.innerHTML && !isInUse(part)) {
      part.replaceChildren(...document.adoptNode(other).childNodes);
    }
  }
}

async function refresh() {
  if (paused || document.hidden) return;
  try {
    const answer = await fetch(location.href, { headers: { "X-Live": "yes" }, cache: "no-store" });
    if (answer.ok) exchange(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch {
    // the dashboard is away for a moment; the next round will tell
  }
}

if (button && document.querySelector("[data-live]")) {
  button.addEventListener("click", () => {
    paused = !paused;
    sessionStorage.setItem("paused", paused ? "yes" : "no");
    show();
    refresh();
  });
  show();
  (function again() {
    setTimeout(() => refresh().then(again), EVERY_MS);
  })();
}
