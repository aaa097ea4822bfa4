// Controls over prepared states. Without this script each state is a fold; with it, one is shown.
document.addEventListener("DOMContentLoaded", () => {
  for (const root of document.querySelectorAll(".control")) {
    const [form, result, states] = ["fields", "result", "states"].map((part) =>
      root.querySelector(`.control-${part}`),
    );
    if (!form) continue;
    const found = {};
    for (const state of states.children) found[state.dataset.state] = state.lastElementChild;
    const show = () =>
      result.replaceChildren(found[JSON.stringify([...new FormData(form).values()])]);
    form.addEventListener("change", show);
    form.addEventListener("submit", (event) => event.preventDefault());
    states.remove();
    form.hidden = false;
    show();
  }
});
