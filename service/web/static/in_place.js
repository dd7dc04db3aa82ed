// Follows documents that are being written: asks the API how far they are and, when that changes, takes the page's own
// words for that part of it from the server. Whoever was reading, choosing or typing elsewhere on the page is left alone.
"use strict";

const EVERY_MS = 800;

async function follow(id) {
  const part = document.getElementById(id);
  const address = part.dataset.follow;
  if (!address) return;
  try {
    const answer = await fetch(address, { cache: "no-store" });
    if (answer.ok) {
      const report = await answer.json();
      if (part.dataset.seen !== `${report.state}-${report.progress}`) await renew(id);
    }
  } catch {
    // The connection comes back or it does not; what the page says stays true until then.
  }
  setTimeout(follow, EVERY_MS, id);
}

async function renew(id) {
  const page = await fetch(location.href, { cache: "no-store" });
  if (!page.ok) return;
  const fresh = new DOMParser().parseFromString(await page.text(), "text/html").getElementById(id);
  if (!fresh) return;
  const part = document.getElementById(id);
  const hadFocus = part.contains(document.activeElement);
  // The part itself stays: what a screen reader listens to must be there before its words change.
  part.replaceChildren(...[...fresh.childNodes].map((each) => document.adoptNode(each)));
  for (const name of ["follow", "seen"]) {
    if (name in fresh.dataset) part.dataset[name] = fresh.dataset[name];
    else delete part.dataset[name];
  }
  if (hadFocus) part.focus();
}

for (const part of document.querySelectorAll("[data-follow]")) setTimeout(follow, EVERY_MS, part.id);
