// Tells the kernel when the part of a screen that this stands in comes into view, and when it
// goes out of it: what nobody looks at need not be drawn. No network, no state.
function render({ model, el }) {
  el.classList.add("gk-eye");
  const eye = new IntersectionObserver((seen) => {
    model.send({ seen: seen[seen.length - 1].isIntersecting });
  });
  eye.observe(el);
  return () => eye.disconnect();
}
export default { render };
