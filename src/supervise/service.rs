//! Runs a pipeline file's streams, one task each, until a signal; follows changes of the file.

use super::Signals;
use super::manager::{self, Manager};
use super::watch::FileWatch;
use crate::config::{Config, Metrics, Server, Sink};
use crate::serve::{Board, MetricsServer, RtspServer};
use crate::stream::{Broadcast, Joints, Order, Stream};
use anyhow::Context;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::{JoinHandle, LocalSet, spawn_local};

/// How often the streams, the file and the service manager are looked after.
const LOOK: Duration = Duration::from_millis(500);

/// Runs the streams of `config`, which was read from `file`.
///
/// # Errors
///
/// The RTSP server does not start.
pub(crate) async fn serve(file: &Path, config: Config) -> anyhow::Result<()> {
    LocalSet::new().run_until(run(file, config)).await
}

async fn run(file: &Path, config: Config) -> anyhow::Result<()> {
    let mut signals = Signals::listen()?;
    let mut hangup = signal(SignalKind::hangup())?;
    let mut file = FileWatch::new(file);
    let manager = Manager::new();
    let mut service = Service::start(&config)?;
    manager.ready();
    let mut look = tokio::time::interval(LOOK);
    loop {
        tokio::select! {
            number = signals.next() => {
                tracing::info!(signal = number, "stopping; again to hurry");
                break;
            }
            _ = hangup.recv() => service.reload(&file, &manager),
            _ = look.tick() => {
                manager.alive();
                if file.has_changed() {
                    service.reload(&file, &manager);
                }
                if service.is_over() {
                    break;
                }
            }
        }
    }
    manager.stopping();
    tokio::select! {
        () = service.stop() => Ok(()),
        number = signals.next() => Err(manager::hurried(number)),
    }
}

struct Service {
    server_settings: Server,
    server: Option<RtspServer>,
    metrics_settings: Option<Metrics>,
    metrics: Option<MetricsServer>,
    board: Arc<Board>,
    streams: BTreeMap<String, Running>,
}

/// A stream's task.
struct Running {
    config: crate::config::Stream,
    joints: Arc<Joints>,
    orders: UnboundedSender<Order>,
    task: JoinHandle<()>,
}

impl Service {
    fn start(config: &Config) -> anyhow::Result<Self> {
        let board = Arc::default();
        let mut service = Self {
            server: server(config, &board)?,
            server_settings: config.server.clone(),
            metrics: metrics(config, &board)?,
            metrics_settings: config.metrics.clone(),
            board,
            streams: BTreeMap::new(),
        };
        for stream in &config.streams {
            service.add(stream);
        }
        Ok(service)
    }

    fn add(&mut self, config: &crate::config::Stream) {
        let stream = Stream::new(config);
        let joints = Arc::clone(stream.joints());
        let (orders, inbox) = unbounded_channel();
        let running = Running {
            config: config.clone(),
            joints,
            orders,
            task: spawn_local(stream.run(inbox)),
        };
        self.mount(&running);
        self.board.add(&config.name, &running.joints.core.figures);
        self.streams.insert(config.name.clone(), running);
    }

    fn mount(&self, running: &Running) {
        let Some(server) = &self.server else { return };
        for sink in &running.config.sinks {
            if let Sink::Rtsp(sink) = sink {
                let broadcast: &Arc<Broadcast> = running.joints.broadcast(sink.picture);
                let (codec, clock) = (running.config.encode.codec, &running.joints.core.clock);
                server.mount(sink, codec, broadcast, clock);
            }
        }
    }

    fn unmount(&self, running: &Running) {
        let Some(server) = &self.server else { return };
        for sink in &running.config.sinks {
            if let Sink::Rtsp(sink) = sink {
                server.unmount(&sink.mount);
            }
        }
    }

    fn is_over(&self) -> bool {
        self.streams
            .values()
            .all(|running| running.task.is_finished())
    }

    fn reload(&mut self, file: &FileWatch, manager: &Manager) {
        manager.reloading();
        match Config::load(file.path()) {
            Ok(config) if config.is_batch() => {
                tracing::error!("the changed file is not taken: its streams go from file to file");
            }
            Ok(config) => self.change_to(&config),
            Err(error) => tracing::error!(%error, "the changed file is not taken"),
        }
        manager.ready();
    }

    fn change_to(&mut self, config: &Config) {
        self.change_server(config);
        self.change_metrics(config);
        let gone: Vec<String> = self
            .streams
            .keys()
            .filter(|name| !config.streams.iter().any(|stream| &stream.name == *name))
            .cloned()
            .collect();
        for name in gone {
            tracing::info!(stream = name, "removed");
            self.remove(&name);
        }
        for stream in &config.streams {
            self.change_stream(stream);
        }
    }

    fn change_stream(&mut self, stream: &crate::config::Stream) {
        if let Some(running) = self.streams.get_mut(&stream.name) {
            if &running.config == stream {
                return;
            }
            let mut as_before = stream.clone();
            as_before.restore = running.config.restore.clone();
            if as_before == running.config {
                // Its camera, its readers and its recordings need not know.
                running.config = stream.clone();
                let _ = running.orders.send(Order::Restore(stream.restore.clone()));
                return;
            }
            tracing::info!(stream = stream.name, "changed");
            self.remove(&stream.name);
        } else {
            tracing::info!(stream = stream.name, "added");
        }
        self.add(stream);
    }

    fn change_server(&mut self, config: &Config) {
        let is_wanted = wants_server(config);
        if self.server_settings == config.server && is_wanted == self.server.is_some() {
            return;
        }
        // The old one first: both may want the same port.
        self.server = None;
        match server(config, &self.board) {
            Ok(server) => self.server = server,
            Err(error) => tracing::error!("{error:#}"),
        }
        self.server_settings = config.server.clone();
        self.streams
            .values()
            .for_each(|running| self.mount(running));
    }

    fn change_metrics(&mut self, config: &Config) {
        if self.metrics_settings == config.metrics {
            return;
        }
        self.metrics = None;
        match metrics(config, &self.board) {
            Ok(metrics) => self.metrics = metrics,
            Err(error) => tracing::error!("{error:#}"),
        }
        self.metrics_settings = config.metrics.clone();
    }

    fn remove(&mut self, name: &str) {
        self.board.remove(name);
        if let Some(running) = self.streams.remove(name) {
            self.unmount(&running);
            // Its task finishes recordings on its own; a failed send means that it is over.
            let _ = running.orders.send(Order::Stop);
        }
    }

    async fn stop(&mut self) {
        for running in self.streams.values() {
            let _ = running.orders.send(Order::Stop);
        }
        for running in self.streams.values_mut() {
            // Fails only if the task has panicked, which is said by then.
            let _ = (&mut running.task).await;
        }
        self.server = None;
    }
}

fn wants_server(config: &Config) -> bool {
    let mut sinks = config.streams.iter().flat_map(|stream| &stream.sinks);
    sinks.any(|sink| matches!(sink, Sink::Rtsp(_)))
}

fn server(config: &Config, board: &Board) -> anyhow::Result<Option<RtspServer>> {
    board.set_readers(None);
    if !wants_server(config) {
        return Ok(None);
    }
    let server = RtspServer::start(&config.server).context("[server]")?;
    board.set_readers(Some(server.readers()));
    Ok(Some(server))
}

fn metrics(config: &Config, board: &Arc<Board>) -> anyhow::Result<Option<MetricsServer>> {
    let Some(settings) = &config.metrics else {
        return Ok(None);
    };
    let server = MetricsServer::start(settings, board).context("[metrics]")?;
    Ok(Some(server))
}
