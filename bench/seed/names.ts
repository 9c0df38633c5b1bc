const FIRST_BEGINNINGS =
  'Al Ben Car Dan El Fer Gab Har Is Jo Kar Li Mar Nat Or Pa Quin Ros Sam Ta Ur Val Wil Xav Yas Zo Ad Bri Chris Em'.split(
    ' ',
  );
const FIRST_ENDINGS = 'a o ina ette ander iel ian ys ena iko ard ina-Maria olyn ess'.split(' ');

const LAST_BEGINNINGS =
  'Ander Berg Cast Dahl Eber Fisch Grön Hart Ivan Jans Kowal Lind Mont Nor Oster Peter Quis Rosen Stein Thor Ulm Vern Wald Xim Yama Zell Abra Brook Cald Dun Ells Farn Gold Holm Ing Jor Kirk Lang Mill Nak'.split(
    ' ',
  );
const LAST_MIDDLES = ['', 'el', 'in', 'a', 'er', 'ov', 'is', 'ma', 'or', 'un'];
const LAST_ENDINGS = 'sen man berg ski ez ström feld ton wood ley'.split(' ');

/** 420 first names. */
export const FIRST_NAMES = FIRST_BEGINNINGS.flatMap((beginning) =>
  FIRST_ENDINGS.map((ending) => beginning + ending),
);

/** 4,000 last names. */
export const LAST_NAMES = LAST_MIDDLES.flatMap((middle) =>
  LAST_ENDINGS.flatMap((ending) => LAST_BEGINNINGS.map((beginning) => beginning + middle + ending)),
);
