/* global document, window */
// Shows what a mark of a chart says about itself, where it is pointed at or tapped; opens what a link leads to.
const tip = document.getElementById('tip');

document.addEventListener('pointerover', (event) => {
  const mark = event.target.closest('[aria-roledescription="bar"], [aria-roledescription="point"]');
  tip.hidden = mark === null;
  if (tip.hidden) return;
  tip.textContent = mark.getAttribute('aria-label');
  const left = Math.min(event.pageX + 12, document.documentElement.clientWidth - tip.offsetWidth - 8);
  tip.style.left = `${Math.max(left, 8)}px`;
  tip.style.top = `${event.pageY + 14}px`;
});

function openTarget() {
  const target = document.getElementById(decodeURIComponent(window.location.hash.slice(1)));
  if (target?.tagName === 'DETAILS') target.open = true;
}
window.addEventListener('hashchange', openTarget);
openTarget();
