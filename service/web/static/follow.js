// Follows a report: asks the API how far it is and, when that changes, takes the page's own words from the server.
"use strict";

const EVERY_MS = 700;
const section = () => document.getElementById("progress");
const isFinal = (state) => !["queued", "running"].includes(state);

async function follow() {
  const lost = document.getElementById("lost");
  try {
    const answer = await fetch(section().dataset.report, { cache: "no-store" });
    if (!answer.ok) throw new Error(String(answer.status));
    const report = await answer.json();
    if (section().dataset.seen !== `${report.state}-${report.progress}`) {
      const page = await fetch(location.href, { cache: "no-store" });
      if (!page.ok) throw new Error(String(page.status));
      const fresh = new DOMParser().parseFromString(await page.text(), "text/html").getElementById("progress");
      section().replaceWith(document.adoptNode(fresh));
    }
    lost.hidden = true;
    if (isFinal(section().dataset.seen.split("-")[0])) return;
  } catch {
    lost.hidden = false;
  }
  setTimeout(follow, EVERY_MS);
}

setTimeout(follow, EVERY_MS);
