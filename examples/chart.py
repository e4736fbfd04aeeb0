"""Line charts as SVG, with nothing but the standard library."""

import html
import math

WIDTH, HEIGHT = 640, 300
LEFT, RIGHT, TOP, BOTTOM = 70, 16, 34, 48


def nice_ticks(low, high, count=6):
    """Round numbers between low and high."""
    raw = max(high - low, 1e-12) / count
    power = 10 ** math.floor(math.log10(raw))
    step = next(each * power for each in (1, 2, 5, 10) if each * power >= raw)
    first = math.ceil(low / step)
    return [round(each * step, 12) for each in range(first, math.floor(high / step) + 1)]


class Chart:
    """One pair of axes. `is_map`: both axes have the same scale, as a place on the sea needs."""

    def __init__(self, title, x_label, y_label, is_map=False):
        self.title, self.x_label, self.y_label, self.is_map = title, x_label, y_label, is_map
        self.height = 460 if is_map else HEIGHT
        self.lines = []

    def line(self, name, xs, ys, colour, dashed=False, width=1.6):
        points = [(float(x), float(y)) for x, y in zip(xs, ys)]
        self.lines.append((name, points, colour, dashed, width))
        return self

    def _ranges(self):
        points = [point for _, each, *_ in self.lines for point in each]
        low = [min(point[axis] for point in points) for axis in (0, 1)]
        high = [max(point[axis] for point in points) for axis in (0, 1)]
        size = [max(h - l, 1e-9) for l, h in zip(low, high)]
        middle = [(l + h) / 2 for l, h in zip(low, high)]
        size = [size[0] * (1.04 if self.is_map else 1), size[1] * 1.08]
        if self.is_map:
            inner = (WIDTH - LEFT - RIGHT, self.height - TOP - BOTTOM)
            unit = max(size[0] / inner[0], size[1] / inner[1])
            size = [unit * each for each in inner]
        return [m - s / 2 for m, s in zip(middle, size)], size

    def svg(self, top=0):
        """The chart as a group, `top` below the upper edge."""
        low, size = self._ranges()
        inner_width, inner_height = WIDTH - LEFT - RIGHT, self.height - TOP - BOTTOM

        def x(value):
            return LEFT + (value - low[0]) / size[0] * inner_width

        def y(value):
            return self.height - BOTTOM - (value - low[1]) / size[1] * inner_height

        def text(at_x, at_y, words, more=""):
            return f"<text x='{at_x:.1f}' y='{at_y:.1f}' {more}>{html.escape(words)}</text>"

        made = [f"<g transform='translate(0,{top})'>", text(LEFT, 20, self.title, "font-weight='bold'")]
        for tick in nice_ticks(low[0], low[0] + size[0]):
            made += [f"<line x1='{x(tick):.1f}' x2='{x(tick):.1f}' y1='{TOP}' y2='{self.height - BOTTOM}' "
                     "stroke='#ddd'/>",
                     text(x(tick), self.height - BOTTOM + 16, f"{tick:g}", "text-anchor='middle'")]
        for tick in nice_ticks(low[1], low[1] + size[1]):
            made += [f"<line x1='{LEFT}' x2='{WIDTH - RIGHT}' y1='{y(tick):.1f}' y2='{y(tick):.1f}' stroke='#ddd'/>",
                     text(LEFT - 6, y(tick) + 4, f"{tick:g}", "text-anchor='end'")]
        for _, points, colour, dashed, width in self.lines:
            path = " ".join(f"{x(px):.1f},{y(py):.1f}" for px, py in points)
            dash = "stroke-dasharray='6 4'" if dashed else ""
            made.append(f"<polyline points='{path}' fill='none' stroke='{colour}' stroke-width='{width}' {dash}/>")
        middle = TOP + inner_height / 2
        made += [text(LEFT + inner_width / 2, self.height - 10, self.x_label, "text-anchor='middle'"),
                 text(16, middle, self.y_label, f"text-anchor='middle' transform='rotate(-90 16 {middle})'")]
        return "".join([*made, *self._legend(text), "</g>"])

    def _legend(self, text):
        at, made = WIDTH - RIGHT, []
        for name, _, colour, dashed, _ in reversed(self.lines):
            at -= 34 + 7 * len(name)
            dash = "stroke-dasharray='6 4'" if dashed else ""
            made += [f"<line x1='{at}' x2='{at + 22}' y1='16' y2='16' stroke='{colour}' stroke-width='2.5' {dash}/>",
                     text(at + 26, 20, name)]
        return made


class Picture(str):
    """An SVG as text, which a notebook shows."""

    def _repr_svg_(self):
        return str(self)


def page(charts):
    """Charts below each other, as a whole SVG."""
    tops = [sum(chart.height for chart in charts[:index]) for index in range(len(charts) + 1)]
    body = "".join(chart.svg(top) for chart, top in zip(charts, tops))
    return Picture(
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{WIDTH}' height='{tops[-1]}' font-family='sans-serif' "
        f"font-size='12'><rect width='100%' height='100%' fill='white'/>{body}</svg>\n")
