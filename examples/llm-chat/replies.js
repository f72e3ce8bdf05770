// @ts-check

/** What the replay answers to any other question. */
const welcome = `Hello, 你好, and welcome 👋

I am a **replay**, written in the shape of a language model's stream. I know a few answers by heart, and this is the one
for every other question. On the way to you, each of my events was cut into pieces:

1. in the middle of a field's name (\`da\` + \`ta:\`),
2. inside a character: 「你」 has three bytes, and they arrived apart,
3. between the CR and the LF that end a line.

You see none of it. The relay puts every event together again and passes it on whole.

服务器推送事件（SSE）很简单：一行一行的文字，一个空行结束一个事件。就算一个汉字在半路被切开，到了这里也一个字都不少。

An astronaut 👩‍🚀, a family 👨‍👩‍👧‍👦 and a flag 🏳️‍🌈 consist of several characters each, which an invisible one holds together.
They arrive one by one, too.

\`\`\`js
const source = new EventSource("/answers/3fa8-0c21");
source.onmessage = ({ data }) => show(JSON.parse(data));
\`\`\`

That is all. When I have finished, your browser asks once more, as EventSource does, and is told *204 No Content*: no second
answer, and no second bill. 再见！✨
`;

const egg = `## A boiled egg

Start with **cold eggs** and **boiling water**, so that the time is always the same.

1. Bring enough water to the boil to cover the eggs.
2. Lower the eggs into it with a spoon, one after another.
3. Turn the heat down a little, and start the clock.
4. Put the eggs into cold water when the time is up. They peel better, and do not cook on.

| Minutes | Yolk                  | Good for          |
| ------: | --------------------- | ----------------- |
|       6 | runny                 | toast soldiers    |
|       8 | soft, like jam        | ramen, salads     |
|      11 | firm                  | sandwiches        |

> Older eggs peel more easily than fresh ones.

High up in the mountains water boils at a lower temperature. Add a minute for every 1000 metres.
`;

const seasons = `Imagine that the Earth is a **spinning top that leans to one side**. 🌍

- It travels around the Sun once a year, and it always leans in the same direction.
- In *summer* our half leans towards the Sun. Sunlight comes from high above, and the days are long.
- In *winter* our half leans away. Sunlight comes in at a slant, and the days are short.

Take a torch and a sheet of paper to see why this makes such a difference:

1. Shine straight down on the paper. The spot is small and **bright**.
2. Tilt the paper. The same light now covers more paper, and each part of it gets **less**.

So it is *not* the distance to the Sun. When it is winter in Europe, it is summer in Australia, and both are equally far
away. ☀️❄️
`;

const hotel = `Here is a message that is friendly and clear:

> **Subject: Late arrival on 14 May, booking 3021**
>
> Dear Sir or Madam,
>
> I have booked a single room for 14 to 16 May in the name of Alex Morgan. My train arrives at 23:10, so I expect to be at
> the hotel at about **23:40**.
>
> Will the reception still be open? If not, could you please tell me how I can get my key?
>
> Thank you very much, and kind regards  
> Alex Morgan

Before you send it:

- Put in your own name, dates and booking number.
- If you are already on your way, **call** the hotel. Many receptions do not read their mail in the evening.
`;

/** An answer that tries to run scripts, to load things, and to look like a part of the page. */
const hostile = `Some models repeat what a web page told them to say. This is **Markdown**, and the rest is HTML:

<script>window.attacked = "script";</script>
<img src="/attack.png" onerror="window.attacked = 'image'">
<svg onload="window.attacked = 'svg'"><script>window.attacked = "svg script"</script></svg>
<iframe srcdoc="<script>parent.attacked = 'frame'</script>"></iframe>

<form action="/attack"><input name="password" placeholder="Your password"><button>Sign in again</button></form>
<style>body { display: none }</style>

<p style="position: fixed; inset: 0" onclick="window.attacked = 'click'" id="ask" class="note">A cover for the whole page.</p>

- [a link that runs a script](javascript:window.attacked='link')
- ![a picture that tells its owner what you asked](/attack.png?question=secret)
- [an ordinary link](https://html.spec.whatwg.org/multipage/server-sent-events.html)
- \`<b>code</b>\` stays as it is written

The page shows the text of it, and nothing else happens.
`;

/** @type {Record<string, string>} */
const replies = {
  "How do I boil an egg?": egg,
  "Why are there seasons? Explain it to a child.": seasons,
  "Write to my hotel that I will arrive late.": hotel,
  "/html": hostile,
};

/**
 * The recorded answer to a question, in Markdown.
 * @param {string} question
 */
export function replyTo(question) {
  return Object.hasOwn(replies, question) ? /** @type {string} */ (replies[question]) : welcome;
}

/**
 * The tokens of a text. Like those of a model, they are words or parts of words, and some are parts of an emoji.
 * @param {string} text
 * @returns {string[]}
 */
export function tokensOf(text) {
  return text.match(/\s*(?:[\p{Letter}\p{Number}]{1,5}|.)/gsu) ?? [];
}
