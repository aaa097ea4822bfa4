// Spectrograms that sound when they are chosen; the last two are compared. Pictures and sounds are
// those that Python put into the page for readers without a script.
explorables.sound_pairs = (stage, data, { make, unpack, number, status }, fallback) => {
  const { kinds } = data;
  const cosines = unpack(data.cosines); // [kind, from, to], in hundredths
  const places = unpack(data.places); // [kind, from, to], 1 is nearest
  const n = places.shape[1];
  const ORDINALS = ["", "", "2nd", "3rd"];
  const said = status();
  said.textContent = "Choose a sound. It plays, and is compared with the one that you chose before.";
  const heading = make("caption", {});
  const rows = kinds.map((kind) => {
    const mark = make("i", {});
    const value = make("td", {});
    const place = make("td", {});
    const head = make("th", { scope: "row", textContent: kind });
    const scale = make("td", { className: "sound-pairs-scale", ariaHidden: "true" }, mark);
    return { row: make("tr", {}, head, value, scale, place), mark, value, place };
  });
  const table = make("table", {}, heading, make("tbody", {}, ...rows.map(({ row }) => row)));

  let pair = data.start;
  let playing;
  const sounds = [...fallback.querySelectorAll("figure")].map((figure, i) => {
    const line = make("span", { className: "sound-pairs-line", hidden: true });
    const picture = make("span", {}, figure.querySelector("img").cloneNode(), line);
    const name = figure.querySelector("strong").textContent;
    const button = make(
      "button",
      { type: "button", ariaLabel: name, onclick: () => choose(i) },
      picture,
      name,
    );
    const heard = figure.querySelector("figcaption span").textContent;
    return { audio: figure.querySelector("audio"), line, name, button, heard };
  });
  if (sounds.length !== n || cosines.length !== places.length) throw Error();

  const compare = () => {
    const [first, second] = pair;
    sounds.forEach(({ button }, i) => button.setAttribute("aria-pressed", pair.includes(i)));
    heading.textContent = `${sounds[first].name} and ${sounds[second].name}`;
    rows.forEach(({ mark, value, place }, kind) => {
      const at = (kind * n + first) * n + second;
      value.textContent = number(cosines[at] / 100);
      mark.style.left = `${50 + cosines[at] / 2}%`;
      place.textContent = `${ORDINALS[places[at]] ?? `${places[at]}th`} nearest`.trim();
    });
  };
  const hush = () => {
    if (playing) {
      playing.audio.pause();
      playing.line.hidden = true;
    }
    playing = undefined;
  };
  const follow = () => {
    if (!playing) return;
    const { audio, line } = playing;
    line.style.left = `${(100 * audio.currentTime) / (audio.duration || 1)}%`;
    if (audio.ended) hush();
    else requestAnimationFrame(follow);
  };
  const choose = (i) => {
    const again = playing === sounds[i];
    hush();
    if (again) return;
    if (pair[1] !== i) pair = [pair[1], i];
    compare();
    const { audio, line, name, heard } = sounds[i];
    const words = kinds.map((kind, k) => `${kind}: ${rows[k].value.textContent}, ${rows[k].place.textContent}`);
    const told = `${name}: ${heard}. To ${sounds[pair[0]].name}, by ${words.join("; ")}, of ${n - 1}.`;
    said.textContent = told;
    playing = sounds[i];
    audio.currentTime = 0;
    audio.play().then(
      () => {
        line.hidden = playing?.audio !== audio;
        follow();
      },
      (error) => {
        if (error.name === "AbortError") return; // another was chosen
        hush();
        said.textContent = `This browser does not let the sound play. ${told}`;
      },
    );
  };
  compare();
  const cards = make("div", { className: "sound-pairs" }, ...sounds.map(({ button }) => button));
  stage.append(table, said, cards);
  return hush;
};
