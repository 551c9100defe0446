
// --- slides: one at a time; without a script they come one after another ---

const slides = [...document.querySelectorAll(".slide")];

const showSlide = (number) => {
  slides.forEach((slide, n) => { slide.hidden = n !== number; });
  document.querySelector("#place").textContent = `${number + 1} of ${slides.length}`;
  each("[data-by]", (button) => { button.disabled = !slides[number + Number(button.dataset.by)]; });
  history.replaceState(null, "", `#${slides[number].id}`); // a page that is loaded again stays where it was
  slides[number].focus({ preventScroll: true });
};
const shownNow = () => slides.findIndex((slide) => !slide.hidden);
const asked = () => Math.max(0, slides.findIndex((slide) => `#${slide.id}` === location.hash));
const move = (by) => { if (slides[shownNow() + by]) showSlide(shownNow() + by); };

each("[data-by]", (button) => button.addEventListener("click", () => move(Number(button.dataset.by))));
addEventListener("hashchange", () => showSlide(asked()));
addEventListener("keydown", (event) => {
  const by = { PageDown: 1, ArrowRight: 1, " ": 1, PageUp: -1, ArrowLeft: -1 }[event.key]; // a clicker sends pages
  const field = event.key === " " ? "input, select, button, summary, a" : "input, select, pre, .shown";
  const elsewhere = !event.key.startsWith("Page") && event.target.closest?.(field); // a key of their own
  if (!by || elsewhere || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  move(by);
});
showSlide(asked());
