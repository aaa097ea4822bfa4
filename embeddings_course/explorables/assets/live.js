// What anywidget asks for, on top of the scripts. The kernel makes the markup, with all data in it.

const render = ({ model, el }) => {
  const letKeysGo = keepKeys(el);
  let stop = () => {};
  const show = () => {
    stop();
    el.innerHTML = model.get("html");
    stop = mountExplorable(el.querySelector(".explorable"));
  };
  model.on("change:html", show);
  show();
  return () => {
    stop();
    letKeysGo();
    model.off("change:html", show);
  };
};

export default { render };
