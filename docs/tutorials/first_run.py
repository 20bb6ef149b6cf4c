"""A first run: the notebook first-run.ipynb as a script (without a ``__main__`` guard)."""

# %% [markdown]
# # A first run
#
# A run is one network that is trained, labelled and tested in a separate process. In Python you hold a handle: send
# requests to the run, read its state, or let it run. This tutorial takes about half a minute, including compilation.

# %%
import stdpbench

tiny = {
    "network.n_exc": 12,
    "schedule.train_images": 100,
    "schedule.passes": 2,
    "schedule.label_images": 60,
    "schedule.test_images": 40,
}
run = stdpbench.start("digits", set=tiny, seed=1, baselines=False)
print(run)

# %% [markdown]
# ## Watch and pause
#
# A pause takes effect between two presentations. A paused run can take single steps.

# %%
run.pause()
run.step(60)
print(run.position, run.weights.shape, f"{1000 * run.theta.mean():.1f} mV")

# %%
axes = run.plot_weights()

# %% [markdown]
# ## Change something, with a control
#
# A branch continues from here without the change. It gets the same pictures and the same input spikes as this run, so
# all differences are due to the change: the learning rate of output spikes, from the next presentation on, without
# recompiling.

# %%
control = run.branch()
print(run.set({"plasticity.nu_post": 0.05}))
run.resume()

# %%
run.wait()

# %%
control.wait()

# %% [markdown]
# ## Compare
#
# Running accuracy labels the neurons with some training pictures and tests them on the next ones, while the network
# keeps learning. It shows the progress of training; `metrics` holds the accuracy on test pictures.

# %%
axes = run.plot_accuracy(readout="vote", label="nu_post = 0.05")
axes = control.plot_accuracy(axes, readout="vote", label="control")

# %%
print(run.metrics["vote"])
print(control.metrics["vote"])
print(run.changes)

# %% [markdown]
# ## Later
#
# Everything is in the run folder, and any session can open it again: `stdpbench.open_run(path)`, `stdpbench.runs()`.

# %%
again = stdpbench.open_run(run.path)
print(again.log[-1].text)
stdpbench.runs()
