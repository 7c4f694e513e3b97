//! What a seed makes of a farm: how large it is, what is in it, and how strong each of that is.

use model::Amounts;

use crate::chance::Chance;
use crate::ingredient::{Ingredient, Ingredients};

/// How long things go wrong, in milliseconds.
const SAFETY_MS: (u64, u64) = (20_000, 90_000);

#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// Slots of each host.
    pub(crate) hosts: Vec<u16>,
    /// What each has besides.
    pub(crate) amounts: Vec<Amounts>,
    pub(crate) jobs: u64,
    pub(crate) safety_ms: u64,
    /// Longest time that a frame renders, in milliseconds.
    pub(crate) render_ms: u64,
    /// Milliseconds between deeds of mischief, on average.
    pub(crate) mischief_ms: u64,
    pub(crate) on: Ingredients,
    strengths: Vec<u64>,
}

impl Plan {
    /// What `chance` makes, with some ingredients left out. What is left out is drawn all the same, so that
    /// the rest stays as it was.
    pub(crate) fn draw(chance: &mut Chance, off: Ingredients) -> Self {
        let mut on = Ingredients::default();
        let mut strengths = Vec::with_capacity(Ingredient::ALL.len());
        for ingredient in Ingredient::ALL {
            let is_on = chance.permille(ingredient.chance());
            strengths.push(chance.between(1, ingredient.most()));
            if is_on {
                on = on.with(*ingredient);
            }
        }
        let hosts: Vec<u16> = (0..=chance.index(4)).map(|_| [1, 1, 2, 2, 4][chance.index(5)]).collect();
        let amounts = hosts.iter().map(|_| draw_amounts(chance)).collect();
        Self {
            hosts,
            amounts,
            jobs: chance.between(1, 6),
            safety_ms: chance.between(SAFETY_MS.0, SAFETY_MS.1),
            render_ms: chance.between(500, 8_000),
            mischief_ms: chance.between(600, 8_000),
            on: on.without(off),
            strengths,
        }
    }

    /// How strong an ingredient is; 0 where it is not in the farm.
    pub(crate) fn strength(&self, ingredient: Ingredient) -> u64 {
        if self.on.has(ingredient) { self.strengths[ingredient as usize] } else { 0 }
    }
}

/// What a host has besides slots.
pub(crate) fn draw_amounts(chance: &mut Chance) -> Amounts {
    let memory_gib = [2, 4, 8][chance.index(3)];
    Amounts { memory_bytes: memory_gib << 30, gpus: [0, 0, 1, 2][chance.index(4)] }
}
