// Answers at once what the server would only say after the whole file has travelled, and shows that it is on its way.
"use strict";

const form = document.querySelector("form[data-max-megabytes]");
const file = form.elements.workbook;
const button = form.querySelector("button");
const error = document.getElementById("workbook-error");
const label = button.textContent;

function check() {
  const chosen = file.files[0];
  const limit = Number(form.dataset.maxMegabytes);
  const isTooLarge = Boolean(chosen) && chosen.size > limit * 1024 * 1024;
  error.textContent = isTooLarge ? `El archivo pesa más de ${limit} MB. Quite imágenes u hojas que no hagan parte del plan.` : "";
  return !isTooLarge;
}

file.addEventListener("change", check);
form.addEventListener("submit", (event) => {
  if (!check()) {
    event.preventDefault();
    file.focus();
    return;
  }
  button.disabled = true;
  button.textContent = "Subiendo y revisando…";
});
// A page that comes back from the browser's memory must be usable again.
window.addEventListener("pageshow", () => {
  button.disabled = false;
  button.textContent = label;
});
