// Renders what a terminal shows, as `tmux capture-pane -e -p` prints it, to a picture: node terminal.mjs CAPTURE PICTURE

import fs from "node:fs";

import { chromium } from "playwright-core";

const [capture, picture] = process.argv.slice(2);

const INK = "#d4d4d8";
/** That of Neovim, so that its cells have no edges. */
const PAPER = "#14161b";
const SIXTEEN = [
  "#3b3f4a", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#c8ccd4",
  "#7b8291", "#ef8a92", "#b3d99a", "#f0d399", "#82c4ff", "#d79be8", "#7fd0da", "#ffffff",
];

/** A colour of the 256. */
function indexed(index) {
  if (index < 16) {
    return SIXTEEN[index];
  }
  if (index >= 232) {
    const grey = 8 + (index - 232) * 10;
    return `rgb(${grey},${grey},${grey})`;
  }
  const level = (value) => (value === 0 ? 0 : 55 + value * 40);
  const [red, green, blue] = [Math.floor((index - 16) / 36), Math.floor((index - 16) / 6) % 6, (index - 16) % 6];
  return `rgb(${level(red)},${level(green)},${level(blue)})`;
}

/** Takes one `38;5;n`, `38;2;r;g;b` or the like off the front of the numbers. */
function colour(numbers) {
  const kind = numbers.shift();
  if (kind === 5) {
    return indexed(numbers.shift());
  }
  return `rgb(${numbers.splice(0, 3).join(",")})`;
}

/** The style after the numbers of one `ESC [ … m`. */
function styled(style, numbers) {
  const next = { ...style };
  while (numbers.length > 0) {
    const number = numbers.shift();
    if (number === 0) {
      for (const name of Object.keys(next)) {
        delete next[name];
      }
    } else if (number === 1) next.bold = true;
    else if (number === 2) next.faint = true;
    else if (number === 3) next.italic = true;
    else if (number === 4 || number === 21) next.underline = true;
    else if (number === 7) next.reverse = true;
    else if (number === 9) next.strike = true;
    else if (number === 22) { delete next.bold; delete next.faint; }
    else if (number === 23) delete next.italic;
    else if (number === 24) delete next.underline;
    else if (number === 27) delete next.reverse;
    else if (number === 29) delete next.strike;
    else if (number >= 30 && number <= 37) next.ink = SIXTEEN[number - 30];
    else if (number === 38) next.ink = colour(numbers);
    else if (number === 39) delete next.ink;
    else if (number >= 40 && number <= 47) next.paper = SIXTEEN[number - 40];
    else if (number === 48) next.paper = colour(numbers);
    else if (number === 49) delete next.paper;
    else if (number === 58) colour(numbers);
    else if (number >= 90 && number <= 97) next.ink = SIXTEEN[number - 82];
    else if (number >= 100 && number <= 107) next.paper = SIXTEEN[number - 92];
  }
  return next;
}

function css({ ink, paper, reverse, bold, faint, italic, underline, strike }) {
  const [front, back] = reverse ? [paper ?? PAPER, ink ?? INK] : [ink, paper];
  const lines = [underline && "underline", strike && "line-through"].filter(Boolean).join(" ");
  return [
    front && `color:${front}`, back && `background:${back}`, bold && "font-weight:bold", faint && "opacity:.65",
    italic && "font-style:italic", lines && `text-decoration:${lines}`,
  ].filter(Boolean).join(";");
}

const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

function html(text) {
  let style = {};
  let page = "";
  // A style, anything else that a terminal obeys, or text.
  for (const [part, numbers] of text.matchAll(/\x1b\[([\d;:]*)m|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b.|[^\x1b]+/g)) {
    if (numbers !== undefined) {
      // Underlines of other shapes are `4:3`.
      const plain = numbers.replace(/4:\d/g, "4").split(/[;:]/).filter((number, at, all) => number !== "" || all.length === 1);
      style = styled(style, plain.map(Number));
    } else if (!part.startsWith("\x1b")) {
      page += `<span style="${css(style)}">${escaped(part)}</span>`;
    }
  }
  return page;
}

const body = html(fs.readFileSync(capture, "utf8").trimEnd());
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"],
});
try {
  const page = await browser.newPage({ viewport: { width: 1200, height: 750 } });
  await page.setContent(`<style>
    body { margin: 0; background: ${PAPER} }
    pre { display: inline-block; margin: 0; padding: 14px 18px; color: ${INK}; background: ${PAPER};
      font: 14px/1.3 "DejaVu Sans Mono", monospace }
  </style><pre>${body}</pre>`);
  await page.locator("pre").screenshot({ path: picture });
} finally {
  await browser.close();
}
