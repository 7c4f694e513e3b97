//! What the farm tells and what comes of what was asked.

use model::{JobId, Topic};

use crate::cells::Grid;
use crate::place::Place;
use crate::{Action, Fetched, Link, Told, Top, Want};

impl Top {
    pub(crate) fn told(&mut self, told: Told, actions: &mut Vec<Action>) {
        self.link = Link::Live;
        match told {
            Told::Hello { resumed } => {
                if !resumed {
                    self.fetch(Want::Jobs, actions);
                    self.fetch_place(actions);
                }
            }
            Told::Reset(topics) => topics.iter().for_each(|topic| self.reset(topic, actions)),
            Told::Jobs(news) => self.jobs.change(news),
            Told::Job(job) => self.job_is(job),
            Told::Grid(news) => {
                if let Some(grid) = self.grid.as_mut().filter(|grid| grid.job.to_string() == news.job) {
                    grid.change(&news);
                }
                self.look_at_frame(&news.job, actions);
            }
            Told::Hosts(news) => self.hosts.change(news),
            Told::Host(host) => {
                if *self.place() == Place::Host(host.name.clone()) {
                    self.host = Some(Box::new(host));
                }
            }
            Told::Farm { name, counts } => self.farm = Some((name, counts)),
            Told::Joins(news) => {
                let more = news.items.len() > self.joins.len();
                self.joins = news.items;
                self.join_at = self.join_at.min(self.joins.len().saturating_sub(1));
                if more && *self.place() != Place::Joins {
                    self.say("a server asks to join: 5 shows it".to_owned());
                }
            }
        }
    }

    fn reset(&mut self, topic: &Topic, actions: &mut Vec<Action>) {
        let want = match topic {
            Topic::Jobs => Want::Jobs,
            Topic::Hosts => Want::Hosts,
            Topic::Job(job) => Want::Job(*job),
            Topic::Grid(job) => Want::Grid(*job),
            Topic::Host(host) => Want::Host(host.clone()),
            Topic::Farm | Topic::Joins | Topic::Slot(..) | Topic::Frame(..) => return,
        };
        self.fetch(want, actions);
    }

    /// The frame that is looked at may have changed with its job's chunks.
    fn look_at_frame(&mut self, job: &str, actions: &mut Vec<Action>) {
        if let Place::Frame { job: of, step, number } = self.place().clone()
            && of.to_string() == job
        {
            self.fetch(Want::Frame(of, step, number), actions);
        }
    }

    fn job_is(&mut self, job: model::JobView) {
        if self.job_at().is_some_and(|at| at.to_string() == job.id) {
            self.job = Some(Box::new(job));
        }
    }

    fn is_at(&self, job: JobId) -> bool {
        self.job_at() == Some(job)
    }

    pub(crate) fn fetched(&mut self, fetched: Fetched, actions: &mut Vec<Action>) {
        match fetched {
            Fetched::Rank(rank) => self.rank = Some(rank),
            Fetched::Jobs(jobs) => {
                self.jobs.load(jobs);
                self.came(&Want::Jobs, actions);
            }
            Fetched::Hosts(hosts) => {
                self.hosts.load(hosts);
                self.came(&Want::Hosts, actions);
            }
            Fetched::Job(job) => {
                if let Ok(id) = job.id.parse() {
                    self.came(&Want::Job(id), actions);
                }
                self.job_is(job);
            }
            Fetched::Grid(job, view) => {
                self.came(&Want::Grid(job), actions);
                if self.is_at(job) {
                    self.grid = Some(Grid::new(job, view).at_the_place_of(self.grid.take()));
                }
            }
            Fetched::Frame(job, frame) => {
                self.came(&Want::Frame(job, frame.step.clone(), frame.number), actions);
                let here = Place::Frame { job, step: frame.step.clone(), number: frame.number };
                if *self.place() == here {
                    self.frame = Some(Box::new(frame));
                }
            }
            Fetched::Log(job, number, text) => {
                if let Place::Frame { job: of, step, number: at } = self.place().clone()
                    && (of, at) == (job, number)
                {
                    self.came(&Want::Log(job, step, number), actions);
                    self.log = text;
                }
            }
            Fetched::Host(host) => {
                self.came(&Want::Host(host.name.clone()), actions);
                if *self.place() == Place::Host(host.name.clone()) {
                    self.host = Some(Box::new(host));
                }
            }
            Fetched::Failed(want, why) => {
                // A frame that was not tried has no log.
                if !matches!(want, Want::Log(..)) {
                    self.complain(why);
                }
                self.stale.remove(&want);
                self.came(&want, actions);
            }
        }
    }
}
